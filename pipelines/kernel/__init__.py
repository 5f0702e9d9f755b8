"""What every stage may know: where things are, what they are called, how they are written."""
