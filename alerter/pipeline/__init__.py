"""The use cases: collect, fill, deliver, reload, report. They know ports, never an adapter."""
