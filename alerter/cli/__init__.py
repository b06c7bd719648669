"""The commands. Each imports what it works with when it is called, so that `alerter --help` is quick."""
