"""Phase two: expectations, consent, intention and logistics are settled before the day."""
