"""The made-up shop that the generator draws from: markets, products, people. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Where orders come from. `per_euro` turns a price in euro cents into the market's price."""

    region: str
    currency: str
    per_euro: str
    warehouse: str
    channels: tuple[str, ...]
    tax_name: str | None
    tax_rate: str
    tax_included: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something on sale. Prices and costs are in euro cents."""

    sku: str
    name: str
    category: str
    price: int
    supplier: str | None
    cost: int = 0
    gtin: str | None = None
    has_lots: bool = False
    has_serials: bool = False
    is_service: bool = False
    is_final_sale: bool = False
    case_of: int = 1
    kit: tuple[tuple[str, int, str], ...] = ()


MARKETS = (
    Market(
        region="FR", currency="EUR", per_euro="1", warehouse="PAR", channels=("web", "store"),
        tax_name="TVA", tax_rate="0.20", tax_included=True,
    ),
    Market(
        region="DE", currency="EUR", per_euro="1", warehouse="PAR", channels=("web", "marketplace"),
        tax_name="USt", tax_rate="0.19", tax_included=True,
    ),
    Market(
        region="GB", currency="GBP", per_euro="0.86", warehouse="LDN", channels=("web", "phone"),
        tax_name="VAT", tax_rate="0.20", tax_included=True,
    ),
    Market(
        region="US", currency="USD", per_euro="1.09", warehouse="NYC", channels=("web", "app"),
        tax_name="Sales tax", tax_rate="0.08875", tax_included=False,
    ),
    Market(
        region="CN", currency="CNY", per_euro="7.85", warehouse="SHA",
        channels=("app", "wholesale"), tax_name="增值税", tax_rate="0.13", tax_included=True,
    ),
    Market(
        region="JP", currency="JPY", per_euro="163", warehouse="SHA", channels=("web", "app"),
        tax_name="消費税", tax_rate="0.10", tax_included=True,
    ),
    Market(
        region="KW", currency="KWD", per_euro="0.335", warehouse="PAR", channels=("marketplace",),
        tax_name=None, tax_rate="0", tax_included=True,
    ),
)  # fmt: skip

PRODUCTS = (
    Product(sku="AP-TEE-M", name="T-shirt, organic cotton, M", category="apparel", price=1990,
            cost=620, supplier="sup-lyon", gtin="3760000000017"),
    Product(sku="AP-JKT-L", name="Rain jacket, L", category="apparel", price=8900, cost=3150,
            supplier="sup-lyon", gtin="3760000000024"),
    Product(sku="AP-SOX-3", name="Socks, three pairs", category="apparel", price=1250, cost=310,
            supplier="sup-porto", case_of=6),
    Product(sku="SH-RUN-42", name="Running shoes, 42", category="shoes", price=11900, cost=4480,
            supplier="sup-porto"),
    Product(sku="SH-SND-39", name="Sandals, 39, last of the line", category="shoes", price=2900,
            cost=1200, supplier="sup-porto", is_final_sale=True),
    Product(sku="EL-HDP-01", name="Headphones", category="electronics", price=14900, cost=7300,
            supplier="sup-shenzhen", has_serials=True, gtin="6900000000013"),
    Product(sku="EL-CAM-02", name="Action camera", category="electronics", price=24900, cost=13100,
            supplier="sup-shenzhen", has_serials=True),
    Product(sku="EL-CBL-C1", name="USB cable, 1 m", category="electronics", price=990, cost=140,
            supplier="sup-shenzhen", case_of=10),
    Product(sku="EL-KIT-01", name="Camera kit: camera mount, case, cable", category="electronics",
            price=5990, cost=2100, supplier="sup-shenzhen",
            kit=(("EL-MNT-01", 1, "0.5"), ("EL-CAS-01", 1, "0.35"), ("EL-CBL-C1", 2, "0.15"))),
    Product(sku="HO-LMP-07", name="Desk lamp", category="home", price=4590, cost=1890,
            supplier="sup-gdansk"),
    Product(sku="HO-MUG-04", name="Mugs, set of four", category="home", price=2490, cost=760,
            supplier="sup-gdansk", case_of=12),
    Product(sku="HO-BLK-XL", name="Blanket, wool", category="home", price=6900, cost=2840,
            supplier="sup-gdansk"),
    Product(sku="BE-CRM-50", name="Face cream, 50 ml", category="beauty", price=3450, cost=880,
            supplier="sup-grasse", has_lots=True, gtin="3760000000093"),
    Product(sku="BE-SOP-100", name="Soap, lavender", category="beauty", price=695, cost=150,
            supplier="sup-grasse", has_lots=True, case_of=6),
    Product(sku="FO-TEA-GR", name="Green tea, 200 g", category="food", price=1290, cost=430,
            supplier="sup-hangzhou", has_lots=True),
    Product(sku="FO-COF-1K", name="Coffee beans, 1 kg", category="food", price=2150, cost=1020,
            supplier="sup-hangzhou", has_lots=True),
    Product(sku="TO-PUZ-1K", name="Puzzle, 1,000 pieces", category="toys", price=1790, cost=520,
            supplier="sup-gdansk"),
    Product(sku="TO-BLK-90", name="Building blocks, 90 pieces", category="toys", price=3990,
            cost=1480, supplier="sup-gdansk"),
)  # fmt: skip

SERVICES = (
    Product(sku="SV-WRAP", name="Gift wrapping", category="service", price=350, supplier=None,
            is_service=True),
    Product(sku="SV-CARE", name="Care plan, two years", category="service", price=1900,
            supplier=None, is_service=True),
)  # fmt: skip

# Marked as made up in the name: nothing here may be taken for a person.
PEOPLE = (
    ("Test Dubois", "12 rue de l'Exemple, 69001 Lyon"),
    ("Test Schmidt", "Musterstraße 4, 10115 Berlin"),
    ("Test Jones", "1 Sample Road, London N1"),
    ("Test Miller", "100 Example Avenue, New York, NY 10001"),
    ("测试 王", "示例路 8 号, 上海 200000"),
    ("テスト 佐藤", "東京都例示区 1-2-3"),
    ("Test Al-Sabah", "Example Street 5, Kuwait City"),
)
CUSTOMER_CLASSES = (None, "retail", "retail", "vip", "wholesale")
"""`cus-1001` is the customer whose account the local stack makes."""
CUSTOMERS = tuple(f"cus-{number}" for number in range(1001, 1041))
