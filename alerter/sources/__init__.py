"""Where readings come from: the DSM client, and a simulator that answers like DSM."""
