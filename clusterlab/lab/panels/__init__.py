"""Panels: clicks become events, outcomes become figures and words.

A panel has one `send(event)` and one `render()`; rules live in the other rooms, drawing in
`figures`. Nothing is imported here, so that a notebook loads only the panel it shows.
"""
