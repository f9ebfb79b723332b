"""The standard normal distribution in plain arithmetic, for the kernels."""

import math


def normal_cdf(x: float) -> float:
    """Probability below ``x``; absolute error below 1e-14.

    Hart's rational approximation (1968) as arranged by West (2005), "Better approximations to
    cumulative normal functions", Wilmott Magazine.
    """
    z = abs(x)
    if z > 37.0:
        tail = 0.0
    else:
        density = math.exp(-z * z / 2.0)
        if z < 7.07106781186547:
            top = 3.52624965998911e-2 * z + 0.700383064443688
            top = top * z + 6.37396220353165
            top = top * z + 33.912866078383
            top = top * z + 112.079291497871
            top = top * z + 221.213596169931
            top = top * z + 220.206867912376
            under = 8.83883476483184e-2 * z + 1.75566716318264
            under = under * z + 16.064177579207
            under = under * z + 86.7807322029461
            under = under * z + 296.564248779674
            under = under * z + 637.333633378831
            under = under * z + 793.826512519948
            under = under * z + 440.413735824752
            tail = density * top / under
        else:
            fraction = z + 1.0 / (z + 2.0 / (z + 3.0 / (z + 4.0 / (z + 0.65))))
            tail = density / fraction / 2.506628274631
    if x > 0.0:
        return 1.0 - tail
    return tail


def normal_quantile(p: float) -> float:
    """Value with probability ``p`` below it, for p in (0, 1); relative error below 1e-15.

    Algorithm AS 241 (PPND16) of Wichura (1988), Applied Statistics 37(3), doi:10.2307/2347330.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2509.0809287301226727 * r + 33430.575583588128105
        top = top * r + 67265.770927008700853
        top = top * r + 45921.953931549871457
        top = top * r + 13731.693765509461125
        top = top * r + 1971.5909503065514427
        top = top * r + 133.14166789178437745
        top = top * r + 3.387132872796366608
        under = 5226.495278852545925 * r + 28729.085735721942674
        under = under * r + 39307.89580009271061
        under = under * r + 21213.794301586595867
        under = under * r + 5394.1960214247511077
        under = under * r + 687.1870074920579083
        under = under * r + 42.313330701600911252
        return q * top / (under * r + 1.0)
    r = p
    if q > 0.0:
        r = 1.0 - p
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r = r - 1.6
        top = 7.7454501427834140764e-4 * r + 2.27238449892691845833e-2
        top = top * r + 0.24178072517745061177
        top = top * r + 1.27045825245236838258
        top = top * r + 3.64784832476320460504
        top = top * r + 5.7694972214606914055
        top = top * r + 4.6303378461565452959
        top = top * r + 1.42343711074968357734
        under = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
        under = under * r + 1.51986665636164571966e-2
        under = under * r + 0.14810397642748007459
        under = under * r + 0.68976733498510000455
        under = under * r + 1.6763848301838038494
        under = under * r + 2.05319162663775882187
        value = top / (under * r + 1.0)
    else:
        r = r - 5.0
        top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        top = top * r + 1.2426609473880784386e-3
        top = top * r + 2.65321895265761230930e-2
        top = top * r + 0.29656057182850489123
        top = top * r + 1.7848265399172913358
        top = top * r + 5.4637849111641143699
        top = top * r + 6.6579046435011037772
        under = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7
        under = under * r + 1.8463183175100546818e-5
        under = under * r + 7.868691311456132591e-4
        under = under * r + 1.48753612908506148525e-2
        under = under * r + 0.13692988092273580531
        under = under * r + 0.59983220655588793769
        value = top / (under * r + 1.0)
    if q < 0.0:
        return -value
    return value
