"""The public addresses, which need no sign-in, and the enquiries that came in through them."""

from django.urls import path

from holdspace.welcome import views, views_mail

app_name = "welcome"
urlpatterns = [
    path("", views.home, name="home"),
    path("get-started/", views.get_started, name="get_started"),
    path("get-started/not-here/", views.not_here, name="not_here"),
    path("get-started/help-now/", views.help_now, name="help_now"),
    path("get-started/thank-you/", views.thank_you, name="thank_you"),
    path("get-started/<slug:step>/", views.step, name="step"),
    path("no-more/<str:token>/", views_mail.no_more_mail, name="no_more_mail"),
    path("enquiries/", views.enquiries, name="enquiries"),
]
