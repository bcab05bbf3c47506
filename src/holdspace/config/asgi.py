"""The same door for a server that keeps many connections open at once."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdspace.config.settings")
application = get_asgi_application()
