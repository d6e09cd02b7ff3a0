"""What a list of campaigns says about each: why goods are called back is left out."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.campaigns.model import Campaign, CampaignState, CampaignType


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """A campaign in a list. `units` may still be called back; None: the search is not done."""

    campaign_id: str
    type: CampaignType
    title: str
    reason: str
    state: CampaignState
    orders: int | None
    units: int | None
    returns: int | None
    created_at: datetime
    updated_at: datetime
    version: int


def campaign_row(campaign: Campaign) -> CampaignRow:
    """What a list says about a campaign; the title is its name."""
    return CampaignRow(
        campaign_id=campaign.campaign_id,
        type=campaign.type,
        title=campaign.title,
        reason=campaign.reason,
        state=campaign.state,
        orders=campaign.scope.orders if campaign.scope else None,
        units=campaign.scope.returnable if campaign.scope else None,
        returns=campaign.drafted.returns if campaign.drafted else None,
        created_at=campaign.created_at,
        updated_at=campaign.updated_at,
        version=campaign.version,
    )
