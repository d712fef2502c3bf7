/**
 * Under which keys events of shops say what, folded (lower case, letters and digits alone); the first one wins.
 *
 * Source: https://segment.com/docs/connections/spec/ecommerce/v2/, GA4's ecommerce events, Shopify's and WooCommerce's
 * orders, Snowplow's transactions, and the vendors' own names. docs/destinations.md lists them; a test compares.
 */
export const commerceSpellings = {
  value: words("value revenue total totalvalue totalprice currenttotalprice ordertotal ordervalue trtt"),
  /** Where none of the others is there; they may be told as they are, too. */
  laterValue: words("grandtotal totalamount totalrevenue purchasevalue conversionvalue subtotal subtotalprice"),
  currency: words("currency currencycode currencyiso ordercurrency presentmentcurrency trcu"),
  lists: words("products contents items lineitems orderitems cartitems productvariants"),
  ids: words("contentids productids itemids skus contentid variantids"),
  orderId: words("orderid transactionid ordernumber orderno trid"),
  itemsCount: words("numitems itemscount itemcount totalitems totalquantity"),
  search: words("searchstring query searchterm searchquery searchtext"),
  contentName: words("contentname"),
  contentCategory: words("contentcategory category productcategory itemcategory"),
} as const;

/** The same for a product. `id` is a product's only within one; at the top of an event it may be anybody's. */
export const productSpellings = {
  id: words("productid sku itemid contentid productsku itemsku variantid tisk"),
  listedId: words("id gid articleid ean gtin"),
  name: words("name title productname itemname contentname producttitle tinm"),
  category: words("category itemcategory productcategory contentcategory producttype tica"),
  brand: words("brand itembrand productbrand vendor manufacturer"),
  price: words("itemprice price unitprice productprice saleprice tipr"),
  quantity: words("quantity qty itemquantity productquantity tiqu"),
} as const;

/** Objects that some senders put an order or a cart into, and what a line of an order is about. */
export const containers: readonly string[] = words(
  "ecommerce order transaction purchase actionfield checkout cart data",
);
export const innerProducts: readonly string[] = words("product item variant productvariant merchandise cartline");

function words(text: string): readonly string[] {
  return text.split(" ");
}
