"""Who uses the portal, what an account has, how people and programs come in, and what is told about it."""

from accounts.models.access import ApiKey, IdempotencyKey, Invitation, Sitting, SupportAccess
from accounts.models.modules import BrandImage, Module, ModuleRequest
from accounts.models.people import (
    Account,
    Membership,
    Profile,
    Team,
    TeamMember,
    User,
    UserManager,
    normal_email,
)
from accounts.models.trail import AuditEntry, Erased, Notice, NoticeChoice

__all__ = [
    "Account",
    "ApiKey",
    "AuditEntry",
    "BrandImage",
    "Erased",
    "IdempotencyKey",
    "Invitation",
    "Membership",
    "Module",
    "ModuleRequest",
    "Notice",
    "NoticeChoice",
    "Profile",
    "Sitting",
    "SupportAccess",
    "Team",
    "TeamMember",
    "User",
    "UserManager",
    "normal_email",
]
