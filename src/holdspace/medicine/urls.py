"""Addresses of the medicine day."""

from django.urls import path

from holdspace.medicine.views import (
    acts,
    board,
    from_paper,
    monitors,
    music,
    papers,
    readiness,
    session,
    tablet,
)

app_name = "medicine"
urlpatterns = [
    path("", board.board, name="board"),
    path("worker.js", tablet.worker, name="worker"),
    path("floor/", board.floor_view, name="floor"),
    path("downtime/", papers.downtime, name="downtime"),
    path("monitors/", monitors.monitors, name="monitors"),
    path("readiness/<uuid:course_id>/", readiness.readiness, name="readiness"),
    path("room/<uuid:course_id>/", music.room, name="room"),
    path("session/<uuid:session_id>/", session.screen, name="session"),
    path("session/<uuid:session_id>/live/", session.live, name="session_live"),
    path("session/<uuid:session_id>/hand-over/", papers.handover, name="handover"),
    path("session/<uuid:session_id>/instructions/", papers.instructions, name="instructions"),
    path("session/<uuid:session_id>/timeline/", session.timeline, name="timeline"),
    path("session/<uuid:session_id>/from-paper/", from_paper.from_paper, name="from_paper"),
    path("session/<uuid:session_id>/store/", tablet.store, name="store"),
    path("session/<uuid:session_id>/set-aside/", tablet.set_aside, name="set_aside"),
    path("session/<uuid:session_id>/twice/", tablet.twice, name="twice"),
    path("session/<uuid:session_id>/player/", music.player, name="player"),
    path("session/<uuid:session_id>/music/", music.music, name="music"),
    path("session/<uuid:session_id>/<slug:act>/", acts.act, name="act"),
]
