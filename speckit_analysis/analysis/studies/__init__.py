"""What public studies say of one model against pairs: the report ``public_studies``."""
