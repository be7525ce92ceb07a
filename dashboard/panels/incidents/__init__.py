"""The panels of the incidents mode."""
