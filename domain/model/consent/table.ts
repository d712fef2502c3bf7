/** Spellings by their kinds (kinds.ts). Made from spellings.ts by test/generated/make-consent-table.ts. */
// biome-ignore format: generated
export const consentTable: readonly (readonly [kinds: number, spellings: string])[] = [
  [1, `
    acceptad acceptads acceptadvertisement acceptadvertising acceptmarketing acceptpersonalisedads acceptpersonalizedads
    acceptsocialmedia accepttargetedadvertising accepttargeting ad adaccepted adallowed adconsentstate adcookie
    adcookies adenabled adgranted adid adoptin ads adsaccepted adsadvertisement adsadvertising adsallowed
    adsandadvertisement adsandadvertising adsandmarketing adsandsocialmedia adsandtargetedadvertising adsandtargeting
    adsconsentstate adscookie adscookies adsenabled adsgranted adsmarketing adsoptin adspersonalization
    adspersonalizationconsent adspersonalizationcookies adssocialmedia adsstorage adstargetedadvertising adstargeting
    adstracking adtracking adtrackingconsent adtrackingcookies adv advconsent advcookies advert advertconsent
    advertcookies advertentie advertentieconsent advertentiecookies advertenties advertentiesconsent advertentiescookies
    advertise advertiseconsent advertisecookies advertisement advertisementaccepted advertisementads
    advertisementadvertising advertisementallowed advertisementandads advertisementandadvertising
    advertisementandmarketing advertisementandsocialmedia advertisementandtargetedadvertising advertisementandtargeting
    advertisementconsentstate advertisementcookie advertisementcookies advertisementenabled advertisementgranted
    advertisementmarketing advertisementoptin advertisements advertisementsconsent advertisementscookies
    advertisementsocialmedia advertisementstorage advertisementtargetedadvertising advertisementtargeting
    advertisementtracking advertising advertisingaccepted advertisingads advertisingadvertisement advertisingallowed
    advertisingandads advertisingandadvertisement advertisingandmarketing advertisingandsocialmedia
    advertisingandtargetedadvertising advertisingandtargeting advertisingconsentstate advertisingcookie
    advertisingcookies advertisingenabled advertisinggranted advertisingmarketing advertisingoptin
    advertisingpersonalization advertisingsocialmedia advertisingstorage advertisingtargetedadvertising
    advertisingtargeting advertisingtracking adverts advertsconsent advertscookies allowad allowads allowadvertisement
    allowadvertising allowmarketing allowpersonalisedads allowpersonalizedads allowsocialmedia allowtargetedadvertising
    allowtargeting behavioralads behavioraladsconsent behavioraladscookies behavioraladvertising
    behavioraladvertisingconsent behavioraladvertisingcookies behaviouralads behaviouraladsconsent behaviouraladscookies
    behaviouraladvertising behaviouraladvertisingconsent behaviouraladvertisingcookies c0004 c0005 conversiontracking
    conversiontrackingconsent conversiontrackingcookies cookies createadsprofile createpersonalisedadsprofile
    createpersonalizedadsprofile createprofilesforpersonalisedadvertising createprofilesforpersonalizedadvertising
    crosscontextbehavioraladvertising crosscontextbehavioraladvertisingconsent crosscontextbehavioraladvertisingcookies
    datasale datasaleconsent datasalecookies datasharing datasharingconsent datasharingcookies doubleclick facebook
    facebookads facebookconversionsapi facebookpixel gdprpurpose1 gdprpurpose2 gdprpurpose3 gdprpurpose4 gdprpurpose7
    googleads googleadsense hasad hasads hasadvertisement hasadvertising hasmarketing haspersonalisedads
    haspersonalizedads hassocialmedia hastargetedadvertising hastargeting iab2v21 iab2v22 iab2v23 iab2v24 iab2v27
    iabpurpose1 iabpurpose2 iabpurpose3 iabpurpose4 iabpurpose7 iabv21 iabv22 iabv23 iabv24 iabv27 interestbasedads
    interestbasedadsconsent interestbasedadscookies interestbasedadvertising interestbasedadvertisingconsent
    interestbasedadvertisingcookies isad isads isadvertisement isadvertising ismarketing ispersonalisedads
    ispersonalizedads issocialmedia istargetedadvertising istargeting iubenda5 markedsføring markedsføringconsent
    markedsføringcookies marketing marketingaccepted marketingads marketingadvertisement marketingadvertising
    marketingallowed marketingandads marketingandadvertisement marketingandadvertising marketingandsocialmedia
    marketingandtargetedadvertising marketingandtargeting marketingconsentstate marketingcookie marketingcookies
    marketingenabled marketinggranted marketingoptin marketingsocialmedia marketingstorage marketingtargetedadvertising
    marketingtargeting marketingtracking markkinointi markkinointiconsent markkinointicookies marknadsföring
    marknadsföringconsent marknadsföringcookies measureadperformance measureadvertisingperformance mercadotecnia
    mercadotecniaconsent mercadotecniacookies meta metaads metaconversionsapi metapixel personalisedads
    personalisedadsaccepted personalisedadsallowed personalisedadsconsentstate personalisedadscookie
    personalisedadscookies personalisedadsenabled personalisedadsgranted personalisedadsoptin personalisedadsstorage
    personalisedadstracking personalisedadvertising personalisedadvertisingconsent personalisedadvertisingcookies
    personalizedads personalizedadsaccepted personalizedadsallowed personalizedadsconsentstate personalizedadscookie
    personalizedadscookies personalizedadsenabled personalizedadsgranted personalizedadsoptin personalizedadsstorage
    personalizedadstracking personalizedadvertising personalizedadvertisingconsent personalizedadvertisingcookies
    pubblicita pubblicitaconsent pubblicitacookies publicidad publicidadconsent publicidadcookies publicidade
    publicidadeconsent publicidadecookies publicite publiciteconsent publicitecookies publicité publicitéconsent
    publicitécookies purpose1 purpose2 purpose3 purpose4 purpose7 purposeconsent1 purposeconsent2 purposeconsent3
    purposeconsent4 purposeconsent7 reklame reklameconsent reklamecookies remarketing remarketingconsent
    remarketingcookies retargeting retargetingconsent retargetingcookies sale saleconsent salecookies saleofdata
    saleofdataallowed saleofdataallowedconsent saleofdataallowedcookies saleofdataconsent saleofdatacookies saleofinfo
    saleofinfoconsent saleofinfocookies saleofpersonaldata saleofpersonaldataconsent saleofpersonaldatacookies
    selectbasicads selectpersonalisedads selectpersonalizedads sellingofinfo sellingofinfoconsent sellingofinfocookies
    share sharing social socialconsent socialcookies socialmedia socialmediaaccepted socialmediaads
    socialmediaadvertisement socialmediaadvertising socialmediaallowed socialmediaandads socialmediaandadvertisement
    socialmediaandadvertising socialmediaandmarketing socialmediaandtargetedadvertising socialmediaandtargeting
    socialmediaconsentstate socialmediacookie socialmediacookies socialmediaenabled socialmediagranted
    socialmediamarketing socialmediaoptin socialmediastorage socialmediatargetedadvertising socialmediatargeting
    socialmediatracking socialnetworks socialnetworksconsent socialnetworkscookies storeandaccessinformationonadevice
    storeinformation targeted targetedads targetedadsconsent targetedadscookies targetedadvertising
    targetedadvertisingaccepted targetedadvertisingads targetedadvertisingadvertisement targetedadvertisingadvertising
    targetedadvertisingallowed targetedadvertisingandads targetedadvertisingandadvertisement
    targetedadvertisingandadvertising targetedadvertisingandmarketing targetedadvertisingandsocialmedia
    targetedadvertisingandtargeting targetedadvertisingconsentstate targetedadvertisingcookie targetedadvertisingcookies
    targetedadvertisingenabled targetedadvertisinggranted targetedadvertisingmarketing targetedadvertisingoptin
    targetedadvertisingsocialmedia targetedadvertisingstorage targetedadvertisingtargeting targetedadvertisingtracking
    targetedconsent targetedcookies targeting targetingaccepted targetingads targetingadvertisement targetingadvertising
    targetingallowed targetingandads targetingandadvertisement targetingandadvertising targetingandmarketing
    targetingandsocialmedia targetingandtargetedadvertising targetingconsentstate targetingcookie targetingcookies
    targetingenabled targetinggranted targetingmarketing targetingoptin targetingsocialmedia targetingstorage
    targetingtargetedadvertising targetingtracking tcfpurpose1 tcfpurpose2 tcfpurpose3 tcfpurpose4 tcfpurpose7 tiktok
    tiktokads tiktokpixel uselimiteddatatoselectadvertising useprofilestoselectpersonalisedadvertising
    useprofilestoselectpersonalizedadvertising werbung werbungconsent werbungcookies
  `],
  [2, `
    acceptanalytics acceptmeasurement acceptperformance acceptstatistic acceptstatistics allowanalytics allowmeasurement
    allowperformance allowstatistic allowstatistics analyse analyseconsent analysecookies analysen analysenconsent
    analysencookies analytic analytical analyticalconsent analyticalcookies analyticconsent analyticcookies analytics
    analyticsaccepted analyticsallowed analyticsandperformance analyticsandperformanceconsent
    analyticsandperformancecookies analyticsconsentstate analyticscookie analyticscookies analyticsenabled
    analyticsgranted analyticsoptin analyticstracking analytik analytikconsent analytikcookies audiencemeasurement
    audiencemeasurementconsent audiencemeasurementcookies c0002 developandimproveproducts developandimproveservices
    estadisticas estadisticasconsent estadisticascookies estadísticas estadísticasconsent estadísticascookies
    estatisticas estatisticasconsent estatisticascookies estatísticas estatísticasconsent estatísticascookies
    gdprpurpose10 gdprpurpose8 gdprpurpose9 hasanalytics hasmeasurement hasperformance hasstatistic hasstatistics
    iab2v210 iab2v28 iab2v29 iabpurpose10 iabpurpose8 iabpurpose9 iabv210 iabv28 iabv29 improveproducts isanalytics
    ismeasurement isperformance isstatistic isstatistics iubenda4 marketresearch measurecontentperformance measurement
    measurementaccepted measurementallowed measurementconsentstate measurementcookie measurementcookies
    measurementenabled measurementgranted measurementoptin measurementstorage measurementtracking mesureaudience
    mesureaudienceconsent mesureaudiencecookies metrics metricsconsent metricscookies performance performanceaccepted
    performanceallowed performanceandanalytics performanceandanalyticsconsent performanceandanalyticscookies
    performanceconsentstate performancecookie performancecookies performanceenabled performancegranted performanceoptin
    performancestorage performancetracking productanalytics productanalyticsconsent productanalyticscookies purpose10
    purpose8 purpose9 purposeconsent10 purposeconsent8 purposeconsent9 statistic statisticaccepted statistical
    statisticalconsent statisticalcookies statisticallowed statisticconsentstate statisticcookie statisticcookies
    statisticenabled statisticgranted statistiche statisticheconsent statistichecookies statisticoptin statistics
    statisticsaccepted statisticsallowed statisticsconsentstate statisticscookie statisticscookies statisticsenabled
    statisticsgranted statisticsoptin statisticsstorage statisticstorage statisticstracking statistictracking
    statistieken statistiekenconsent statistiekencookies statistik statistika statistikaconsent statistikacookies
    statistikconsent statistikcookies statistiken statistikenconsent statistikencookies statistiques statistiquesconsent
    statistiquescookies stats statsconsent statscookies statystyka statystykaconsent statystykacookies tcfpurpose10
    tcfpurpose8 tcfpurpose9 understandaudiencesthroughstatisticsorcombinationsofdatafromdiff usagedata usagedataconsent
    usagedatacookies usagestatistics usagestatisticsconsent usagestatisticscookies webanalytics webanalyticsconsent
    webanalyticscookies
  `],
  [3, `
    advertisinganalytics advertisingandanalytics advertisingandperformance advertisingandstatistics
    advertisingperformance advertisingstatistics all allpurposes analyticsadvertising analyticsandadvertising
    analyticsandmarketing analyticsmarketing collect everything general marketinganalytics marketingandanalytics
    marketingandperformance marketingandstatistics marketingperformance marketingstatistics nonessential nonnecessary
    optional performanceadvertising performanceandadvertising performanceandmarketing performancemarketing
    statisticsadvertising statisticsandadvertising statisticsandmarketing statisticsmarketing tracking trackingaccepted
    trackingallowed trackingcookies trackingenabled trackinggranted
  `],
  [5, `
    addeclined addenied addisabled adoptedout adoptout adrefused adrejected adrevoked adsdeclined adsdenied adsdisabled
    adsoptedout adsoptout adsrefused adsrejected adsrevoked advertisementdeclined advertisementdenied
    advertisementdisabled advertisementoptedout advertisementoptout advertisementrefused advertisementrejected
    advertisementrevoked advertisingdeclined advertisingdenied advertisingdisabled advertisingoptedout advertisingoptout
    advertisingrefused advertisingrejected advertisingrevoked denyad denyads denyadvertisement denyadvertising
    denymarketing denypersonalisedads denypersonalizedads denysocialmedia denytargetedadvertising denytargeting
    disablead disableads disableadvertisement disableadvertising disablemarketing disablepersonalisedads
    disablepersonalizedads disablesocialmedia disabletargetedadvertising disabletargeting dnt donottrack limiteddatause
    marketingdeclined marketingdenied marketingdisabled marketingoptedout marketingoptout marketingrefused
    marketingrejected marketingrevoked noad noads noadvertisement noadvertising nomarketing nopersonalisedads
    nopersonalizedads nosocialmedia notargetedadvertising notargeting optoutad optoutads optoutadvertisement
    optoutadvertising optoutmarketing optoutpersonalisedads optoutpersonalizedads optoutsocialmedia
    optouttargetedadvertising optouttargeting personalisedadsdeclined personalisedadsdenied personalisedadsdisabled
    personalisedadsoptedout personalisedadsoptout personalisedadsrefused personalisedadsrejected personalisedadsrevoked
    personalizedadsdeclined personalizedadsdenied personalizedadsdisabled personalizedadsoptedout personalizedadsoptout
    personalizedadsrefused personalizedadsrejected personalizedadsrevoked rejectad rejectads rejectadvertisement
    rejectadvertising rejectmarketing rejectpersonalisedads rejectpersonalizedads rejectsocialmedia
    rejecttargetedadvertising rejecttargeting restricteddataprocessing socialmediadeclined socialmediadenied
    socialmediadisabled socialmediaoptedout socialmediaoptout socialmediarefused socialmediarejected socialmediarevoked
    targetedadvertisingdeclined targetedadvertisingdenied targetedadvertisingdisabled targetedadvertisingoptedout
    targetedadvertisingrefused targetedadvertisingrejected targetedadvertisingrevoked targetingdeclined targetingdenied
    targetingdisabled targetingoptedout targetingoptout targetingrefused targetingrejected targetingrevoked
  `],
  [6, `
    analyticsdeclined analyticsdenied analyticsdisabled analyticsoptedout analyticsoptout analyticsrefused
    analyticsrejected analyticsrevoked denyanalytics denymeasurement denyperformance denystatistic denystatistics
    disableanalytics disablemeasurement disableperformance disablestatistic disablestatistics measurementdeclined
    measurementdenied measurementdisabled measurementoptedout measurementoptout measurementrefused measurementrejected
    measurementrevoked noanalytics nomeasurement noperformance nostatistic nostatistics optoutanalytics
    optoutmeasurement optoutperformance optoutstatistic optoutstatistics performancedeclined performancedenied
    performancedisabled performanceoptedout performanceoptout performancerefused performancerejected performancerevoked
    rejectanalytics rejectmeasurement rejectperformance rejectstatistic rejectstatistics statisticdeclined
    statisticdenied statisticdisabled statisticoptedout statisticoptout statisticrefused statisticrejected
    statisticrevoked statisticsdeclined statisticsdenied statisticsdisabled statisticsoptedout statisticsoptout
    statisticsrefused statisticsrejected statisticsrevoked
  `],
  [7, `
    notracking trackingdenied trackingdisabled trackingoptout
  `],
  [8, `
    c0001 c0003 comfort convenience createcontentprofile createprofilestopersonalisecontent essential essentialcookies
    essentials experience functional functionalcookies functionality functionalitystorage gdprpurpose11 gdprpurpose5
    gdprpurpose6 googleanalytics iab2v211 iab2v25 iab2v26 iabpurpose11 iabpurpose5 iabpurpose6 iabv211 iabv25 iabv26
    iubenda1 iubenda2 iubenda3 legint legitimateinterest legitimateinterests necessary necessarycookies personalisation
    personalise personalization personalizationstorage personalize preference preferencecookies preferences publisher
    purpose11 purpose5 purpose6 purposeconsent11 purposeconsent5 purposeconsent6 purposelegitimateinterests required
    requiredcookies security securitystorage selectpersonalisedcontent selectpersonalizedcontent specialfeatureoptins
    specialfeatures strictlynecessary strictlynecessarycookies tcfpurpose11 tcfpurpose5 tcfpurpose6 uncategorized
    unclassified unclassifiedcookies useprofilestoselectpersonalisedcontent vendor vendorconsent vendorconsents
    vendorlegitimateinterests vendors
  `],
  [17, `
    adpersonalisation adpersonalisationconsent adpersonalisationconsentgranted adpersonalisationconsentstate
    adpersonalisationconsentstatus adpersonalisationgranted adpersonalisationstate adpersonalisationstatus
    adpersonalization adpersonalizationconsent adpersonalizationconsentgranted adpersonalizationconsentstate
    adpersonalizationconsentstatus adpersonalizationgranted adpersonalizationsignals adpersonalizationsignalsconsent
    adpersonalizationsignalsconsentgranted adpersonalizationsignalsconsentstate adpersonalizationsignalsconsentstatus
    adpersonalizationsignalsgranted adpersonalizationsignalsstate adpersonalizationsignalsstatus adpersonalizationstate
    adpersonalizationstatus adstorage adstorageconsent adstorageconsentgranted adstorageconsentstate
    adstorageconsentstatus adstoragegranted adstoragestate adstoragestatus aduserdata aduserdataconsent
    aduserdataconsentgranted aduserdataconsentstate aduserdataconsentstatus aduserdatagranted aduserdatastate
    aduserdatastatus allowadpersonalizationsignals allowadpersonalizationsignalsconsent
    allowadpersonalizationsignalsconsentgranted allowadpersonalizationsignalsconsentstate
    allowadpersonalizationsignalsconsentstatus allowadpersonalizationsignalsgranted allowadpersonalizationsignalsstate
    allowadpersonalizationsignalsstatus consentadpersonalisation consentadpersonalization
    consentadpersonalizationsignals consentadstorage consentaduserdata consentallowadpersonalizationsignals
    consentmodeadpersonalisation consentmodeadpersonalization consentmodeadpersonalizationsignals consentmodeadstorage
    consentmodeaduserdata consentmodeallowadpersonalizationsignals contextconsentadpersonalisation
    contextconsentadpersonalization contextconsentadpersonalizationsignals contextconsentadstorage
    contextconsentaduserdata contextconsentallowadpersonalizationsignals googleconsentadpersonalisation
    googleconsentadpersonalization googleconsentadpersonalizationsignals googleconsentadstorage googleconsentaduserdata
    googleconsentallowadpersonalizationsignals
  `],
  [18, `
    analyticsstorage analyticsstorageconsent analyticsstorageconsentgranted analyticsstorageconsentstate
    analyticsstorageconsentstatus analyticsstoragegranted analyticsstoragestate analyticsstoragestatus
    consentanalyticsstorage consentmodeanalyticsstorage contextconsentanalyticsstorage googleconsentanalyticsstorage
  `],
  [21, `
    ccpaoptedout ccpaoptout datasaleoptout donotsell donotsellmydata donotsellmyinfo donotsellmypersonalinfo
    donotsellmypersonalinformation donotsellorshare donotsellorsharemydata donotshare donotsharemypersonalinformation
    globalprivacycontrol globalprivacycontrolenabled globalprivacycontrolsignal gpcenabled gpcsignal isgpcenabled
    optedoutofsale optoutofsale saleoptout secgpc sharingoptout targetedadvertisingoptout
  `],
  [32, `
    categorypreferences consentcategories consentcategory consentchoices consentdata consentdefault consentflags
    consentgroups consentinfo consentmanagement consentmanager consentmode consentmodev2 consentmodevalues consentobject
    consentpreference consentpreferences consentpurposes consentsettings consentsignals consentstates consentstatuses
    consentupdate consentvalues cookiebotconsent cookiecategories cookieconsents cookiepreferences cookiesettings
    cookieyesconsent didomiconsent gconsent googleconsent googleconsentmode googleconsentmodev2 googleconsentstate
    gtagconsent gtmconsent onetrustconsent onetrustgroups optanonconsent tcfconsent tcfdata trackingpreferences
    uccategory ucconsent ucconsentstatus usercconsents userconsents
  `],
  [64, `
    action answer choice consentaction current decision isaccepted isallowed isgranted isoptedin permission state status
    update updated useraction val value
  `],
  [68, `
    declinedall deniedall isdeclined isdenied isrefused isrejected isrevoked refusedall
  `],
  [128, `
    acceptedcategories acceptedconsentids acceptedconsents acceptedgroups acceptedids acceptedpurposes acceptedservices
    activecategories activeconsentids activeconsents activegroups activeids activepurposes activeservices
    allowedcategories allowedconsents allowedgroups allowedids allowedpurposes allowedservices approvedcategories
    approvedconsentids approvedconsents approvedgroups approvedids approvedpurposes approvedservices consentedcategories
    consentedconsentids consentedconsents consentedgroups consentedids consentedservices enabledcategories
    enabledconsentids enabledconsents enabledgroups enabledids enabledpurposes enabledservices givencategories
    givenconsentids givenconsents givengroups givenids givenpurposes givenservices grantedcategories grantedconsentids
    grantedconsents grantedgroups grantedids grantedpurposes grantedservices optedincategories optedinconsentids
    optedinconsents optedingroups optedinids optedinpurposes optedinservices optincategories optinconsentids
    optinconsents optingroups optinids optinpurposes optinservices permittedcategories permittedconsentids
    permittedconsents permittedgroups permittedids permittedpurposes permittedservices
  `],
  [144, `
    allowedconsentids onetrustactivegroups optanonactivegroups
  `],
  [160, `
    consentedpurposes
  `],
  [260, `
    blockedcategories blockedconsentids blockedconsents blockedgroups blockedids blockedpurposes blockedservices
    declinedcategories declinedconsentids declinedconsents declinedgroups declinedids declinedpurposes declinedservices
    deniedcategories deniedconsents deniedgroups deniedids deniedpurposes deniedservices denycategories denyconsentids
    denyconsents denygroups denyids denypurposes denyservices disabledcategories disabledconsentids disabledconsents
    disabledgroups disabledids disabledpurposes disabledservices inactivecategories inactiveconsentids inactiveconsents
    inactivegroups inactiveids inactivepurposes inactiveservices notgrantedcategories notgrantedconsentids
    notgrantedconsents notgrantedgroups notgrantedids notgrantedpurposes notgrantedservices optedoutcategories
    optedoutconsentids optedoutconsents optedoutgroups optedoutids optedoutpurposes optedoutservices optoutcategories
    optoutconsentids optoutconsents optoutgroups optoutids optoutpurposes optoutservices refusedcategories
    refusedconsentids refusedconsents refusedgroups refusedids refusedpurposes refusedservices rejectedcategories
    rejectedconsentids rejectedconsents rejectedgroups rejectedids rejectedpurposes rejectedservices revokedcategories
    revokedconsentids revokedconsents revokedgroups revokedids revokedpurposes revokedservices unconsentedcategories
    unconsentedconsentids unconsentedconsents unconsentedgroups unconsentedids unconsentedpurposes unconsentedservices
    withdrawncategories withdrawnconsentids withdrawnconsents withdrawngroups withdrawnids withdrawnpurposes
    withdrawnservices
  `],
  [276, `
    deniedconsentids
  `],
  [512, `
    1 acceptall accepte acceptedall accepté accettato aceito aceptado akzeptiert allaccepted allallowed allgranted
    allowall approve confirmed consentstatusgranted enable erlaubt geaccepteerd godkendt godkänd grant grantall in ja
    kyllä on oui permit si sim sí t tak true y yes zugestimmt
  `],
  [576, `
    accept agree agreed allow
  `],
  [640, `
    approved permitted
  `],
  [704, `
    accepted allowed consented given granted optedin optin
  `],
  [1024, `
    0 00 000 abgelehnt ablehnen ablehnung afgewezen afvist allblocked alldeclined alldenied alldisabled allrefused
    allrejected avslag avslatt avslått avvist block consentdenied consentrevoked consentstatusdenied consentwithdrawn
    deactivate deactivated decline denegado denial deniedbydefault deniedbyuser disable disabledbyuser disagree
    disagreed disagrees disallow disallowed disapproved donotaccept donotallow donotconsent dontallow dontconsent ei
    elutasitva elutasítva essentialonly f false forbidden geweigerd hayir hayır hylatty hylätty khong không n nao
    naoaceito naoautorizado ne necessaryonly nee negado negative negato nei nein nej nekad nekaj nem never
    nichtakzeptiert nichterlaubt nichterteilt nichtgestattet nichtzugestimmt nie niet niettoegestaan no noaceptado
    noacepto noconsent non nonaccepte nonaccepté nonaccettato nonaccorde nonaccordé nonconsented nonconsentito none nope
    nopermitido notaccepted notactive notagreed notallowed notapproved notauthorised notauthorized notconsented
    notenabled notgiven notopted notoptedin notpermitted nu não nãoaceito nãoautorizado odmietnute odmietnuté odmitnuto
    odmowa odmítnuto odrzucone odrzucono off ohi onlyessential onlynecessary out prohibited rechazado rechazar recusado
    reddedildi reddet refusal refuse refusee refuser refusé refusée refuzat reject rejection restricted revoke
    revokeconsent rifiuta rifiutare rifiutato strictlynecessaryonly tidak unapproved unauthorised unauthorized untersagt
    userdeclined userdenied userrejected verweigert weigeren widerrufen widersprochen withdraw withheld όχι запрещено не
    нет ні отказ отказано отклонено לא رفض لا ไม่ いいえ 不同意 否 拒否 拒絕 拒绝 거부 아니오 아니요
  `],
  [1092, `
    declineall denyall objected refuseall rejectall rejectedall
  `],
  [1284, `
    deny inactive notgranted unconsented
  `],
  [1348, `
    declined denied refused rejected revoked withdrawn
  `],
  [2064, `
    consentstring euconsent euconsentv2 gdprconsentstring iabtcftcstring tcfstring tcstring
  `],
  [4112, `
    iabtcfpublisherconsent iabtcfpurposeconsents purposeconsents
  `],
  [6160, `
    gcs xgagcs
  `],
  [8208, `
    gcd xgagcd
  `],
  [10256, `
    ccpastring iabusprivacystring usprivacy usprivacystring uspstring
  `],
  [16384, `
    category categoryid categoryname code consentid consentname consenttype group groupid id key label name purpose
    purposeid purposename service servicename slug title type
  `],
  [16448, `
    checked isactive isenabled selected
  `],
  [16452, `
    isblocked isdisabled
  `],
  [17088, `
    active enabled
  `],
  [17732, `
    blocked disabled
  `],
  [32768, `
    axeptio axeptiochoices axeptioconsent axeptiocookies borlabs borlabscookie cmp cmpdata complianz consentmanagernet
    cookiebot cookieconsentlevel cookiecontrol cookiefirst cookiehub cookieinformation cookiescript cookieyes
    customerprivacy didomi evidon gcm gdpr gpp gppsections hsconsent hsprivacypolicy hubspotconsent iab iabtcf ketch
    klaro marketingpreferences onetrust osano parsedsections privacy privacychoices privacyoptions privacypreferences
    privacysettings quantcast quantcastchoice realcookiebanner secureprivacy shopifycustomerprivacy sourcepoint
    tarteaucitron tcdata tcf tcfv2 termly transcend trustarc truste ucsettings usca usco usct usercentrics usnat usut
    usva
  `],
  [32769, `
    adconsentgiven adconsentstatus adsconsentgiven adsconsentstatus advertisementconsentgiven advertisementconsentstatus
    advertisingconsentgiven advertisingconsentstatus consentmarketing consentpersonalisedads consentpersonalizedads
    consentsocialmedia consenttargetedadvertising marketingconsent marketingconsentgiven marketingconsentstatus
    personalisedadsconsent personalisedadsconsentgiven personalisedadsconsentstatus personalizedadsconsent
    personalizedadsconsentgiven personalizedadsconsentstatus socialmediaconsent socialmediaconsentgiven
    socialmediaconsentstatus targetedadvertisingconsent targetedadvertisingconsentgiven targetedadvertisingconsentstatus
    targetingconsentgiven targetingconsentstatus
  `],
  [32770, `
    analyticsconsentgiven analyticsconsentstatus consentmeasurement consentstatistic measurementconsent
    measurementconsentgiven measurementconsentstatus performanceconsentgiven performanceconsentstatus statisticconsent
    statisticconsentgiven statisticconsentstatus statisticsconsentgiven statisticsconsentstatus
  `],
  [32773, `
    gpc gpcflag optoutofads
  `],
  [32785, `
    adconsent adsconsent advertisementconsent advertisingconsent consentad consentads consentadvertisement
    consentadvertising consenttargeting targetingconsent
  `],
  [32786, `
    analyticsconsent consentanalytics consentperformance consentstatistics performanceconsent statisticsconsent
  `],
  [32800, `
    cookieconsent cookieconsentstatus customerconsent dataconsent hasconsent hasoptedout privacyconsent trackingoptedout
    userconsent visitorconsent
  `],
  [32803, `
    trackingconsent
  `],
  [32864, `
    consents consentstate consentstatus
  `],
  [32868, `
    isoptedout
  `],
  [33376, `
    consent consentgiven consentgranted
  `],
  [34148, `
    optedout optout
  `],
  [34864, `
    gdprconsent
  `],
  [43008, `
    ccpa usp uspconsent
  `],
  [45056, `
    iubcs
  `],
  [45088, `
    iubenda
  `],
];
