"""The addresses of users, invitations, profiles and teams; names are flat in the namespace "portal"."""

from django.urls import path

from accounts import invited, people_admin, people_setup

urlpatterns = [
    path("people/", people_admin.members, name="members"),
    path("people/invite/", people_admin.invite, name="invite"),
    path("people/invitations/", people_admin.invitations, name="invitations"),
    path(
        "people/invitations/<int:invitation_id>/again/", people_admin.send_again, name="invitation-send-again"
    ),
    path(
        "people/invitations/<int:invitation_id>/withdraw/", people_admin.withdraw, name="invitation-withdraw"
    ),
    path("people/<int:membership_id>/", people_admin.member, name="member"),
    path("people/<int:membership_id>/switch/", people_admin.switch, name="member-switch"),
    path("profiles/", people_setup.profiles, name="profiles"),
    path("profiles/new/", people_setup.profile_new, name="profile-new"),
    path("profiles/<int:profile_id>/", people_setup.profile, name="profile"),
    path("profiles/<int:profile_id>/delete/", people_setup.profile_delete, name="profile-delete"),
    path("teams/", people_setup.teams, name="teams"),
    path("teams/new/", people_setup.team_new, name="team-new"),
    path("teams/<int:team_id>/", people_setup.team, name="team"),
    path("teams/<int:team_id>/delete/", people_setup.team_delete, name="team-delete"),
    path("invitation/<str:token>/", invited.invitation, name="invitation"),
]
