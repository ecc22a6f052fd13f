"""The CRM's addresses in the portal; names are flat in the namespace "portal"."""

from django.urls import path

from funnels.views import board, card, choosing, deal, people, settings, tasks

urlpatterns = [
    path("", board.home, name="home"),
    path("funnels/", board.home, name="funnels"),  # the menu's entry: every board lies below it
    path("funnels/all/", board.funnel_list, name="funnel-list"),
    path("funnels/new/", settings.funnel_new, name="funnel-new"),
    path("funnels/open/", board.funnel_board, name="funnel-open"),
    path("funnels/<int:funnel_id>/", board.board, name="board"),
    path("funnels/<int:funnel_id>/settings/", settings.funnel_settings, name="funnel-settings"),
    path("deals/new/", deal.deal_new, name="deal-new"),
    path("deals/<int:deal_id>/", deal.deal, name="deal"),
    path("deals/<int:deal_id>/move/", card.move, name="deal-move"),
    path("deals/<int:deal_id>/win/", card.win, name="deal-win"),
    path("deals/<int:deal_id>/lose/", card.lose, name="deal-lose"),
    path("deals/<int:deal_id>/reopen/", card.reopen, name="deal-reopen"),
    path("deals/<int:deal_id>/delete/", card.delete, name="deal-delete"),
    path("deals/<int:deal_id>/checklist/<int:item_id>/", card.checklist, name="deal-checklist"),
    path("deals/<int:deal_id>/contacts/", card.contact_add, name="deal-contact-add"),
    path(
        "deals/<int:deal_id>/contacts/<int:person_id>/remove/",
        card.contact_remove,
        name="deal-contact-remove",
    ),
    path("deals/<int:deal_id>/records/", card.record, name="deal-record"),
    path("deals/<int:deal_id>/tasks/", card.task, name="deal-task"),
    path("persons/", people.persons, name="persons"),
    path("persons/new/", people.person_new, name="person-new"),
    path("persons/<int:person_id>/", people.person, name="person"),
    path("persons/<int:person_id>/delete/", people.person_delete, name="person-delete"),
    path("companies/", people.companies, name="companies"),
    path("companies/new/", people.company_new, name="company-new"),
    path("companies/<int:company_id>/", people.company, name="company"),
    path("choose/<slug:kind>/", choosing.choose, name="choose"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:task_id>/done/", tasks.task_done, name="task-done"),
]
