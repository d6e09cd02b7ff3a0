"""The people of a local stack: one Cognito user a role, with the claims the application reads."""

from __future__ import annotations

from typing import Any

from tools.stack.places import User

PASSWORD = "Tuiku-local-1"  # noqa: S105 - printed by `up`; local people only
# Attributes beside e-mail. Staff see all warehouses; a customer and a supplier see their own.
_STAFF = {"custom:warehouses": "*"}
ATTRIBUTES: dict[str, dict[str, str]] = {
    "customer": {"custom:customer_id": "cus-1001"},
    "sales": _STAFF,
    "support": _STAFF,
    "reviewer": _STAFF,
    "senior_reviewer": _STAFF,
    "warehouse": _STAFF,
    "inspector": _STAFF,
    "finance": _STAFF,
    "supplier": {"custom:supplier_id": "sup-1001"},
    "auditor": _STAFF,
    "admin": _STAFF,
}


def create_users(cognito: Any, pool_id: str) -> dict[str, User]:
    """Safe to repeat: a user that exists gets its password and attributes again."""
    groups = {
        group["GroupName"] for group in cognito.list_groups(UserPoolId=pool_id, Limit=60)["Groups"]
    }
    users = {}
    for role, extra in ATTRIBUTES.items():
        user = User(username=f"{role}@tuiku.test", password=PASSWORD)
        if role not in groups:
            cognito.create_group(UserPoolId=pool_id, GroupName=role)
        _create_user(cognito, pool_id, user, extra)
        cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=user.username, GroupName=role)
        users[role] = user
    return users


def _create_user(cognito: Any, pool_id: str, user: User, extra: dict[str, str]) -> None:
    wanted = {"email": user.username, "email_verified": "true", **extra}
    attributes = [{"Name": name, "Value": value} for name, value in wanted.items()]
    try:
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=user.username,
            UserAttributes=attributes,
            MessageAction="SUPPRESS",
        )
    except cognito.exceptions.UsernameExistsException:
        cognito.admin_update_user_attributes(
            UserPoolId=pool_id, Username=user.username, UserAttributes=attributes
        )
    cognito.admin_set_user_password(
        UserPoolId=pool_id, Username=user.username, Password=user.password, Permanent=True
    )


def machine_secret(cognito: Any, pool_id: str, client_id: str) -> str:
    client = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)[
        "UserPoolClient"
    ]
    return str(client["ClientSecret"])
