"""The supervision meeting: figures, agenda, rulings and their follow-up."""
