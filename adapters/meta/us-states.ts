const namesAndCodes =
  "alabama al alaska ak arizona az arkansas ar california ca colorado co connecticut ct delaware de " +
  "districtofcolumbia dc florida fl georgia ga hawaii hi idaho id illinois il indiana in iowa ia kansas " +
  "ks kentucky ky louisiana la maine me maryland md massachusetts ma michigan mi minnesota mn " +
  "mississippi ms missouri mo montana mt nebraska ne nevada nv newhampshire nh newjersey nj newmexico " +
  "nm newyork ny northcarolina nc northdakota nd ohio oh oklahoma ok oregon or pennsylvania pa " +
  "rhodeisland ri southcarolina sc southdakota sd tennessee tn texas tx utah ut vermont vt virginia va " +
  "washington wa westvirginia wv wisconsin wi wyoming wy";

/** States of the US by their names in letters only (`newyork`) → two-letter codes, as Meta wants them hashed. */
export const usStateCodes: ReadonlyMap<string, string> = new Map(
  Array.from(namesAndCodes.matchAll(/(\S+) (\S\S)(?: |$)/g), ([, name, code]) => [name as string, code as string]),
);
