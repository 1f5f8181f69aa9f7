"""The rules: one per file, by topic. They see endpoints and problems of the common model, never a directive name."""
