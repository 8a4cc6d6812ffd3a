"""What operators see of the whole installation, beyond every tenant: readings, metrics, status, and the doctor."""
