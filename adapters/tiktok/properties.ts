import type { Commerce } from "../../domain/mapping/commerce.ts";
import type { Product } from "../../domain/mapping/products.ts";

/**
 * What an event is worth and what it is about, for TikTok.
 *
 * Only members that TikTok knows are built, one by one; no other property is passed on.
 * Source: https://business-api.tiktok.com/portal/docs?id=1771101151059969
 */
export function propertiesOf(commerce: Commerce): Record<string, unknown> {
  const hasProducts = commerce.products.length > 0;
  return given({
    value: commerce.value,
    currency: commerce.currency,
    content_type: commerce.contentType,
    content_ids: hasProducts || commerce.contentIds.length === 0 ? null : commerce.contentIds,
    contents: hasProducts ? commerce.products.map(contentOf) : null,
    num_items: commerce.itemsCount,
    order_id: commerce.orderId,
    query: commerce.search,
    predicted_ltv: commerce.predictedLtv,
  });
}

function contentOf(product: Product): Record<string, unknown> {
  return given({
    content_id: product.id,
    content_name: product.name,
    content_category: product.category,
    brand: product.brand,
    price: product.price,
    quantity: product.quantity,
  });
}

function given(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}
