"""The demo is played: invented people walk through the rooms' real actions up to this minute."""
