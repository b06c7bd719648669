"""Where everything is put together: the only place that knows every adapter and the clock."""
