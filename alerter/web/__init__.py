"""The status page, the JSON API and the metrics: everything here reads, nothing writes."""
