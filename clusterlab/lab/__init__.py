"""What people look at and touch: diagrams, the live figure, panels and exercises.

Nothing is imported here, so that each part loads only what it needs.
The rules of the cluster live in the other rooms; this one only shows them.
"""
