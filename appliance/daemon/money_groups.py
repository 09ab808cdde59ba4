"""By what income, cost and margin may be grouped."""

from typing import Literal, get_args

By = Literal["client", "project", "queue", "agent", "line", "destination", "segment"]
ALL_BY: tuple[By, ...] = get_args(By)
