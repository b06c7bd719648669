"""What alerter decides, as plain values and functions: no input, no output, no clock, no library."""
