SELECT if(count() = 0, '', any(catalogue)) FROM indicators
