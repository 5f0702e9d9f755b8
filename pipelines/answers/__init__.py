"""What the verbs that answer print, as text for people or as JSON for scripts; JSON.md documents each shape."""
