SELECT lab, name, commune, insee, department, region, archetype, zone, toString(toDecimal64(latitude, 6)) AS latitude,
       toString(toDecimal64(longitude, 6)) AS longitude, toString(opened) AS opened, website, toString(revision) AS revision,
       toString(toUnixTimestamp64Milli(received_at)) AS received_at
FROM labs
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
