"""Renders a trace for people: texts, span trees and waterfalls, within limits however much is stored."""
