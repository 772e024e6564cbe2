"""Site file and profiles to typed, checked values; every error carries its path and a remedy."""
