"""What a quota's period will come to: expected total, 80 % band, run-out date, and how loudly to say so.

Pure arithmetic over daily counts. A forecast depends on completed days only, so it needs computing once a day and quota:
`alarm` and `run_out` then judge every new reading against it. docs/forecast.md says how it works and what was measured.
"""

from alerter.core.forecast.expect import Forecast, forecast, run_out
from alerter.core.forecast.margin import MARGINS, Sensitivity, alarm, on_course

__all__ = ["MARGINS", "Forecast", "Sensitivity", "alarm", "forecast", "on_course", "run_out"]
