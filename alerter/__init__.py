"""License-quota and usage-growth alerts for Fortanix Data Security Manager."""
