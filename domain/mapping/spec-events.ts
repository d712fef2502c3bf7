import { type NamedEvent, snakeCase } from "./event-name.ts";

/**
 * Names of Segment's specifications (ecommerce, mobile, B2B SaaS, video, email, live chat, A/B testing) in snake case:
 * what a receiver without names of its own means by a standard event.
 * Source: https://www.twilio.com/docs/segment/connections/spec
 */
const specNames: ReadonlySet<string> = new Set(
  [
    "products_searched product_list_viewed product_list_filtered promotion_viewed promotion_clicked product_clicked",
    "product_viewed product_added product_removed cart_viewed checkout_started checkout_step_viewed",
    "checkout_step_completed payment_info_entered order_updated order_completed order_refunded order_cancelled",
    "coupon_entered coupon_applied coupon_denied coupon_removed product_added_to_wishlist",
    "product_removed_from_wishlist wishlist_product_added_to_cart product_shared cart_shared product_reviewed",
    "application_installed application_opened application_backgrounded application_foregrounded application_updated",
    "application_uninstalled application_crashed install_attributed deep_link_clicked deep_link_opened",
    "push_notification_received push_notification_tapped push_notification_bounced",
    "account_created account_deleted signed_up signed_in signed_out invite_sent account_added_user",
    "account_removed_user trial_started trial_ended subscription_started subscription_cancelled",
    "video_playback_started video_playback_paused video_playback_interrupted video_playback_resumed",
    "video_playback_buffer_started video_playback_buffer_completed video_playback_seek_started",
    "video_playback_seek_completed video_playback_completed video_playback_exited video_content_started",
    "video_content_playing video_content_completed video_ad_started video_ad_playing video_ad_completed",
    "email_delivered email_opened email_link_clicked email_bounced email_marked_as_spam unsubscribed",
    "live_chat_conversation_started live_chat_message_sent live_chat_message_received live_chat_conversation_ended",
    "experiment_viewed",
  ]
    .join(" ")
    .split(" "),
);

/** Whether a track event has a name of the specifications, in any of the usual spellings. */
export function isSpecEvent(event: NamedEvent): boolean {
  return event.type === "track" && event.name !== null && specNames.has(snakeCase(event.name));
}
