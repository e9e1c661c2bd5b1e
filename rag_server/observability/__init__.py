"""Metrics, traces, logs and the sidecar that publishes them.

Only this package imports prometheus_client.
"""
