type Members = Readonly<Record<string, unknown>>;

/** What an event says of a shop, in somebody's spelling, and what Meta and TikTok are to be told of it. */
export interface CatalogueRow {
  readonly name: string;
  readonly properties: Members;
  /** Members of Meta's `custom_data`, all of them. */
  readonly meta: Members;
  /** Members of TikTok's `properties`, all of them. */
  readonly tiktok: Members;
  /** What a dry run says of it. */
  readonly unclear?: readonly string[];
}

const one = { content_type: "product", num_items: 1 };
const mug = { id: "A1", quantity: 2, item_price: 12.5 };
const mugOfTiktok = { content_id: "A1", content_name: "Mug", price: 12.5, quantity: 2 };
const worth = { value: 25, currency: "EUR" };

export const catalogueRows: readonly CatalogueRow[] = [
  {
    name: "ids in one text, as the browser's pixel takes them",
    properties: { content_ids: "123, 456" },
    meta: { content_ids: ["123", "456"], content_type: "product" },
    tiktok: { content_ids: ["123", "456"], content_type: "product" },
  },
  {
    name: "ids as JSON in a text, big integers among them",
    properties: { contentIds: '["a", 1729384756102938475]' },
    meta: { content_ids: ["a", "1729384756102938475"], content_type: "product" },
    tiktok: { content_ids: ["a", "1729384756102938475"], content_type: "product" },
  },
  {
    name: "ids in brackets, as apps for phones put them together",
    properties: { content_ids: "[A1,A2]" },
    meta: { content_ids: ["A1", "A2"], content_type: "product" },
    tiktok: { content_ids: ["A1", "A2"], content_type: "product" },
  },
  {
    name: "one id without a list",
    properties: { content_ids: 123 },
    meta: { content_ids: ["123"], content_type: "product" },
    tiktok: { content_ids: ["123"], content_type: "product" },
  },
  {
    name: "a product list of plain ids",
    properties: { products: ["A1", 2] },
    meta: { content_ids: ["A1", "2"], content_type: "product" },
    tiktok: { content_ids: ["A1", "2"], content_type: "product" },
  },
  {
    name: "contents as JSON in a text",
    properties: { contents: '[{"id":"A1","quantity":2}]' },
    meta: { ...one, content_ids: ["A1"], contents: [{ id: "A1", quantity: 2 }], num_items: 2 },
    tiktok: { contents: [{ content_id: "A1", quantity: 2 }], content_type: "product", num_items: 2 },
  },
  {
    name: "contents as a list of JSON texts, and one object in a list's place",
    properties: { contents: ['{"id":"A1","quantity":2}'] },
    meta: { ...one, content_ids: ["A1"], contents: [{ id: "A1", quantity: 2 }], num_items: 2 },
    tiktok: { contents: [{ content_id: "A1", quantity: 2 }], content_type: "product", num_items: 2 },
  },
  {
    name: "an empty list before a full one",
    properties: { products: [], contents: [{ id: "A1" }] },
    meta: { ...one, content_ids: ["A1"], contents: [{ id: "A1" }] },
    tiktok: { ...one, contents: [{ content_id: "A1" }] },
  },
  {
    name: "an object with numbers for keys, as PHP writes lists",
    properties: { products: { 0: { sku: "A1" }, 1: { sku: "A2" } } },
    meta: { content_ids: ["A1", "A2"], contents: [{ id: "A1" }, { id: "A2" }], content_type: "product", num_items: 2 },
    tiktok: { contents: [{ content_id: "A1" }, { content_id: "A2" }], content_type: "product", num_items: 2 },
  },
  {
    name: "GA4's purchase, with big integers for ids",
    properties: {
      transaction_id: "T-77",
      value: 25,
      currency: "eur",
      items: [
        {
          item_id: 1729384756102938475n,
          item_name: "Mug",
          item_brand: "Acme",
          item_category: "Home",
          price: 12.5,
          quantity: 2,
        },
      ],
    },
    meta: {
      ...worth,
      content_ids: ["1729384756102938475"],
      contents: [{ ...mug, id: "1729384756102938475" }],
      content_type: "product",
      order_id: "T-77",
      num_items: 2,
    },
    tiktok: {
      ...worth,
      contents: [{ ...mugOfTiktok, content_id: "1729384756102938475", content_category: "Home", brand: "Acme" }],
      content_type: "product",
      num_items: 2,
      order_id: "T-77",
    },
  },
  {
    name: "GA4's data layer, within `ecommerce`",
    properties: {
      ecommerce: {
        transaction_id: "T-77",
        value: "25,00",
        currency: "EUR",
        items: [{ item_id: "A1", item_name: "Mug" }],
      },
    },
    meta: { ...worth, ...one, content_ids: ["A1"], contents: [{ id: "A1" }], order_id: "T-77" },
    tiktok: { ...worth, ...one, contents: [{ content_id: "A1", content_name: "Mug" }], order_id: "T-77" },
  },
  {
    name: "Universal Analytics' enhanced ecommerce",
    properties: {
      ecommerce: {
        currencyCode: "EUR",
        purchase: {
          actionField: { id: "T-77", revenue: "25.00" },
          products: [{ id: "A1", name: "Mug", price: "12.50", quantity: 2 }],
        },
      },
    },
    meta: { ...worth, content_ids: ["A1"], contents: [mug], content_type: "product", order_id: "T-77", num_items: 2 },
    tiktok: { ...worth, contents: [mugOfTiktok], content_type: "product", order_id: "T-77", num_items: 2 },
  },
  {
    name: "Segment's ecommerce, in camelCase and in snake_case",
    properties: {
      orderId: 1729384756102938475n,
      total: "27.98",
      revenue: "25.00",
      currency: "EUR",
      products: [
        { productId: "A1", sku: "sku-1", name: "Mug", price: "12.50", quantity: "2", category: "Home", position: 1 },
      ],
    },
    meta: {
      ...worth,
      content_ids: ["A1"],
      contents: [mug],
      content_type: "product",
      order_id: "1729384756102938475",
      num_items: 2,
    },
    tiktok: {
      ...worth,
      contents: [{ ...mugOfTiktok, content_category: "Home" }],
      content_type: "product",
      order_id: "1729384756102938475",
      num_items: 2,
    },
  },
  {
    name: "Segment's product, which the event itself describes",
    properties: { Product_ID: "A1", name: "Mug", price: "€ 12,50", quantity: 2, category: "Home", brand: "Acme" },
    meta: {
      ...worth,
      content_ids: ["A1"],
      contents: [mug],
      content_type: "product",
      content_name: "Mug",
      content_category: "Home",
      num_items: 2,
    },
    tiktok: {
      ...worth,
      contents: [{ ...mugOfTiktok, content_category: "Home", brand: "Acme" }],
      content_type: "product",
      num_items: 2,
    },
  },
  {
    name: "Shopify's order, as its webhooks send it",
    properties: {
      order_number: 1001,
      total_price: "25.00",
      currency: "EUR",
      line_items: [
        { id: 466157049, product_id: 7513594, sku: "IPOD", title: "Mug", quantity: 2, price: "12.50", vendor: "Acme" },
      ],
    },
    meta: {
      ...worth,
      content_ids: ["7513594"],
      contents: [{ ...mug, id: "7513594" }],
      content_type: "product",
      order_id: "1001",
      num_items: 2,
    },
    tiktok: {
      ...worth,
      contents: [{ ...mugOfTiktok, content_id: "7513594", brand: "Acme" }],
      content_type: "product",
      num_items: 2,
      order_id: "1001",
    },
  },
  {
    name: "Shopify's checkout, as its pixels send it",
    properties: {
      checkout: {
        currencyCode: "EUR",
        totalPrice: { amount: 25, currencyCode: "EUR" },
        order: { id: "gid://shopify/OrderIdentity/77" },
        lineItems: [
          {
            id: "41",
            title: "Mug",
            quantity: 2,
            variant: {
              id: "7",
              sku: "A1",
              price: { amount: 12.5, currencyCode: "EUR" },
              product: { id: "9", title: "Mug" },
            },
          },
        ],
      },
    },
    meta: {
      ...worth,
      content_ids: ["A1"],
      contents: [mug],
      content_type: "product",
      order_id: "gid://shopify/OrderIdentity/77",
      num_items: 2,
    },
    tiktok: {
      ...worth,
      contents: [mugOfTiktok],
      content_type: "product",
      num_items: 2,
      order_id: "gid://shopify/OrderIdentity/77",
    },
  },
  {
    name: "Shopify's cart line, as its pixels send it",
    properties: {
      data: {
        cartLine: {
          cost: { totalAmount: { amount: 25, currencyCode: "EUR" } },
          merchandise: { id: "7", sku: "A1", price: { amount: 12.5, currencyCode: "EUR" }, product: { title: "Mug" } },
          quantity: 2,
        },
      },
    },
    meta: {
      ...worth,
      content_ids: ["A1"],
      contents: [mug],
      content_type: "product",
      content_name: "Mug",
      num_items: 2,
    },
    tiktok: { ...worth, contents: [mugOfTiktok], content_type: "product", num_items: 2 },
  },
  {
    name: "an order as JSON in a text",
    properties: { order: '{"id":1729384756102938475,"total":"25.00","currency":"EUR","items":[{"sku":"A1"}]}' },
    meta: { ...worth, ...one, content_ids: ["A1"], contents: [{ id: "A1" }], order_id: "1729384756102938475" },
    tiktok: { ...worth, ...one, contents: [{ content_id: "A1" }], order_id: "1729384756102938475" },
  },
  {
    name: "WooCommerce's order",
    properties: {
      order: {
        id: 727,
        number: "727",
        currency: "EUR",
        total: "25.00",
        line_items: [
          { id: 315, name: "Mug", product_id: 93, variation_id: 0, quantity: 2, price: 12.5, total: "25.00", sku: "" },
        ],
      },
    },
    meta: {
      ...worth,
      content_ids: ["93"],
      contents: [{ ...mug, id: "93" }],
      content_type: "product",
      order_id: "727",
      num_items: 2,
    },
    tiktok: {
      ...worth,
      contents: [{ ...mugOfTiktok, content_id: "93" }],
      content_type: "product",
      num_items: 2,
      order_id: "727",
    },
  },
  {
    name: "Snowplow's transaction",
    properties: { tr_id: "T-77", tr_tt: "25.00", tr_cu: "EUR" },
    meta: { ...worth, order_id: "T-77" },
    tiktok: { ...worth, order_id: "T-77" },
  },
  {
    name: "GA4's search",
    properties: { search_term: "mugs" },
    meta: { search_string: "mugs" },
    tiktok: { query: "mugs" },
  },
  {
    name: "amounts with a comma before the cents",
    properties: { revenue: "4,245.42", currency: "usd", predicted_ltv: "1.234,56" },
    meta: { value: 4245.42, currency: "USD", predicted_ltv: 1234.56 },
    tiktok: { value: 4245.42, currency: "USD", predicted_ltv: 1234.56 },
  },
  {
    name: "an amount that says its currency",
    properties: { value: "€25,00" },
    meta: worth,
    tiktok: worth,
  },
  {
    name: "an amount with two readings is not told, and said",
    properties: { value: "4,245", currency: "EUR", products: [{ id: "A1", price: "1.234", quantity: "two" }] },
    meta: { currency: "EUR", ...one, content_ids: ["A1"], contents: [{ id: "A1" }] },
    tiktok: { currency: "EUR", ...one, contents: [{ content_id: "A1" }] },
    unclear: ["value", "price", "quantity"],
  },
  {
    name: "an amount with two readings beside one that has one",
    properties: { value: "4,245", revenue: "4245.00", currency: "EUR" },
    meta: { value: 4245, currency: "EUR" },
    tiktok: { value: 4245, currency: "EUR" },
  },
  {
    name: "a currency that is several countries' is not guessed, and said",
    properties: { value: 25, currency: "$" },
    meta: { value: 25 },
    tiktok: { value: 25 },
    unclear: ["currency"],
  },
  {
    name: "a list that is no JSON after all is said",
    properties: { contents: '[{"id":"A1"', value: 25, currency: "EUR" },
    meta: worth,
    tiktok: worth,
    unclear: ["contents"],
  },
  {
    name: "what looks like a person's number, in ids, names, categories and searches",
    properties: {
      order_id: "+49 151 23456789",
      query: "0151 23456789",
      category: "call (650) 555-1212",
      products: [
        { id: "+4915123456789" },
        { id: "4006381333931", name: "Call +49 151 23456789", brand: "ana@example.com" },
      ],
    },
    meta: { ...one, content_ids: ["4006381333931"], contents: [{ id: "4006381333931" }] },
    tiktok: { ...one, contents: [{ content_id: "4006381333931" }] },
  },
  {
    name: "free members: contacts, addresses and User-Agents are left out, all else stays, digit for digit",
    properties: {
      telefon: "0151 23456789",
      handy: 15123456789,
      contact: "+49 151 23456789",
      from: "4915123456789",
      agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
      origin: "192.0.2.17",
      landing: "https://shop.example.com/sale?gclid=abc&phone=0151",
      msclkid: "abc",
      _fbp: "fb.1.1767950000000.1234567890",
      ean: "4006381333931",
      sku_list: "A1,A2",
      campaign_id: 1729384756102938475n,
      position: "52.520008",
      app_version: "1.2.3.4",
      invoice_no: "0151234567",
    },
    meta: {
      landing: "https://shop.example.com/sale",
      ean: "4006381333931",
      sku_list: "A1,A2",
      campaign_id: 1729384756102938475n,
      position: "52.520008",
      app_version: "1.2.3.4",
      invoice_no: "0151234567",
    },
    tiktok: {},
  },
];
