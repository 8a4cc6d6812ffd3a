"""Invented conversations in several languages, told the way real SDKs tell theirs."""
