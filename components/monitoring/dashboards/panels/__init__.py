"""Panels of the dashboards by what they show, and the queries behind them."""
