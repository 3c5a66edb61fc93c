"""What agents spent, as their own logs tell it."""
