/** Members of an event that Meta's warnings are about: a name of ours may be told, the sentence around it may not. */
const members: ReadonlySet<string> = new Set(
  [
    "event_name event_time event_id action_source event_source_url opt_out data_processing_options",
    "data_processing_options_country data_processing_options_state referrer_url customer_segmentation",
    "original_event_data attribution_data messaging_channel user_data custom_data app_data test_event_code",
    "em ph fn ln db ge ct st zp country external_id client_ip_address client_user_agent fbc fbp subscription_id",
    "fb_login_id lead_id page_id page_scoped_user_id ctwa_clid anon_id madid",
    "value currency content_ids content_type contents content_name content_category order_id num_items search_string",
    "predicted_ltv net_revenue delivery_category item_price quantity",
    "advertiser_tracking_enabled application_tracking_enabled extinfo install_referrer vendor_id",
  ]
    .join(" ")
    .split(" "),
);
const warningsMax = 20;

/**
 * What a good answer warns of, as codes: `meta_warning_client_user_agent` names the member, `meta_warning` one that is
 * not known. None of the text is kept.
 */
export function warningCodesOf(messages: readonly unknown[]): readonly string[] {
  const codes = messages.flatMap((message) => {
    const words = typeof message === "string" ? (message.slice(0, 1_000).match(/[a-z_]+/g) ?? []) : [];
    const named = words.filter((word) => members.has(word));
    // The innermost member is the one that is meant: `user_data.client_user_agent`.
    const inner = named.filter((word) => !word.endsWith("_data"));
    const told = inner.length > 0 ? inner : named;
    return told.length > 0 ? told.map((word) => `meta_warning_${word}`) : ["meta_warning"];
  });
  return [...new Set(codes)].slice(0, warningsMax);
}
