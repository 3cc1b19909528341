"""The report as one HTML page that works offline: tables, figures and every photograph."""
