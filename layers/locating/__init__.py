"""Finding where something is from what somebody types, pastes or says."""
