"""Where traced value went and came from: seeds, the walk, and the paths it took."""
