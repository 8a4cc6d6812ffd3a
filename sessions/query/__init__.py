"""The query box's language: `cost > 0.5 tag:vip -env:staging "late delivery"`, documented in docs/query.md."""
