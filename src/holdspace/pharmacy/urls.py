"""Addresses of the register."""

from django.urls import path

from holdspace.pharmacy.views import pages, writing

app_name = "pharmacy"
urlpatterns = [
    path("", pages.home, name="home"),
    path("vial/<uuid:vial_id>/", pages.vial, name="vial"),
    path("receipts/", pages.receipts, name="receipts"),
    path("count/<uuid:count_id>/", pages.count, name="count"),
    path("receive/", writing.receive, name="receive"),
    path("product/", writing.product, name="product"),
    path("count/", writing.new_count, name="new_count"),
    path("syringe/<uuid:draw_id>/<slug:act>/", writing.syringe, name="syringe"),
    path("line/<uuid:movement_id>/correct/", writing.correct, name="correct"),
]
