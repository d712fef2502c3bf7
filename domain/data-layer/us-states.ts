const names = `
  alabama al alaska ak arizona az arkansas ar california ca colorado co connecticut ct delaware de
  districtofcolumbia dc washingtondc dc florida fl georgia ga hawaii hi idaho id illinois il indiana in iowa ia
  kansas ks kentucky ky louisiana la maine me maryland md massachusetts ma michigan mi minnesota mn mississippi ms
  missouri mo montana mt nebraska ne nevada nv newhampshire nh newjersey nj newmexico nm newyork ny
  northcarolina nc northdakota nd ohio oh oklahoma ok oregon or pennsylvania pa rhodeisland ri southcarolina sc
  southdakota sd tennessee tn texas tx utah ut vermont vt virginia va washington wa westvirginia wv
  wisconsin wi wyoming wy`
  .trim()
  .split(/\s+/);

/** Names of the United States' states, in letters alone and lower case (`newyork`), to their two-letter codes. */
export const usStates: ReadonlyMap<string, string> = new Map(
  Array.from({ length: names.length / 2 }, (_, i) => [names[2 * i] as string, names[2 * i + 1] as string]),
);
