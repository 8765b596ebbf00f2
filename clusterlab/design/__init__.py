"""The consultant's calculator: sizing, storage, design rules and availability."""
