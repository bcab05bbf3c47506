"""Addresses of the chart and of everything that hangs on the spine."""

from django.urls import path

from holdspace.care.views import (
    booking,
    chart,
    course,
    ending,
    files,
    messages,
    monitoring,
    private,
    protocol,
    values,
    work,
)

app_name = "care"
urlpatterns = [
    path("tasks/", work.tasks, name="tasks"),
    path("tasks/<uuid:task_id>/", work.task, name="task"),
    path("tasks/<uuid:task_id>/hand-over/", work.hand_over, name="hand_over"),
    path("messages/", messages.outbox, name="messages"),
    path("messages/mine/", messages.mine, name="my_mail"),
    path("messages/<uuid:message_id>/", messages.change, name="message"),
    path("drafts/", work.drafts, name="drafts"),
    path("protocol/", protocol.protocols, name="protocols"),
    path("protocol/<uuid:protocol_id>/", protocol.protocol, name="protocol"),
    path("protocol/<uuid:before_id>/to/<uuid:after_id>/", protocol.compare, name="compare"),
    path("course/<uuid:course_id>/", chart.course, name="course"),
    path("course/<uuid:course_id>/values/", values.values, name="values"),
    path("course/<uuid:course_id>/therapist/", course.therapist, name="therapist"),
    path("course/<uuid:course_id>/book/", booking.book, name="book"),
    path("course/<uuid:course_id>/decline/", ending.decline, name="decline"),
    path("course/<uuid:course_id>/reopen/", ending.reopen, name="reopen"),
    path("document/<uuid:document_id>/letter/", ending.letter, name="letter"),
    path("course/<uuid:course_id>/private-notes/", private.private_notes, name="private_notes"),
    path("private-notes/releases/", private.releases, name="releases"),
    path("private-notes/releases/<uuid:release_id>/", private.release, name="release"),
    path("decision/<uuid:decision_id>/", chart.decision, name="decision"),
    path("decision/<uuid:decision_id>/answer/<int:number>/", course.relieve, name="relieve"),
    path("document/<uuid:document_id>/", chart.document, name="document"),
    path("document/<uuid:document_id>/file/", files.download, name="download"),
    path("document/<uuid:document_id>/amend/", files.amend, name="amend"),
    path("document/<uuid:document_id>/countersign/", monitoring.countersign, name="countersign"),
    path("course/<uuid:course_id>/pdmp/", monitoring.query, name="pdmp"),
    path("course/<uuid:course_id>/file/", files.add, name="file"),
    path("strike/<slug:table>/<uuid:row_id>/", course.strike, name="strike"),
    path("<uuid:patient_id>/", chart.chart, name="chart"),
    path("<uuid:patient_id>/reach/", messages.reach, name="reach"),
    path("<uuid:patient_id>/book/", booking.book_for, name="book_for"),
    path("<uuid:patient_id>/open/", course.open_course, name="open_course"),
]
