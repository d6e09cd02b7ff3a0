"""Pictures as telephones take them: HEIC, which nothing here can write, so they are kept.

They were encoded once by x265 through pillow-heif, and are packed, as most of them is nothing.
"""

import base64
import struct
import zlib


def _unpacked(*lines: str) -> bytes:
    return zlib.decompress(base64.b85decode("".join(lines)))


def with_size(heic: bytes, width: int, height: int) -> bytes:
    """The same file, which says that its picture has another size."""
    changed, place = bytearray(heic), 0
    while (place := changed.find(b"ispe", place)) >= 0:
        changed[place + 8 : place + 16] = struct.pack(">II", width, height)
        place += 4
    return bytes(changed)


PLAIN = _unpacked(
    "c-",
    "muNV30{GsVvAy%}izhg51nBLl8SRGck>UfpL0nYDppk1Sn>t<P<^K3<a6VB@Af5Br_);Y>0~k0}}%yh{d=YLIXiNPz",
    "(r|oZuoL11vH#^U}aPkgO<>lL}S_RFhGbY{-",
    "Bl$Ouy6T9FA>&R39GlFI;9$#5;Rpr`;yZ_g}9&Ii&JK)ue4%pjo&U`28t82<eI@q>YZpE&`jL&AZPhw=Y^kOF3q3T6",
    "<J+r{LN2$a-",
    "zVq`><Szyq}I_;IG=DIv4DIN}x&<PO1;gAGW&+fu_uxNvl1JD}b<oukXyyTn;pfE23TLVx?B(u0673$#xAO<NDD9Eh",
    "H1PL&6Z~#qX5YH^gg@rOB10zc#6Eh2tDV152ng$i-",
    "OHL_H28Sxpzl_YeDT$!aYt~>~FWm5KMZx9&|J0_`|FwGF{_@GJRT@YCwmts8;b;A41{XR0psc7^=I*E86h3<RIeGj4",
    "zb;{9-=e<%w@{*S+(h{=N-",
    ";NH_nAHl;9RnRCn~j5Olfuu>jsY=_iOg+E?h8Y<z07v!I_{3n^`ra$~*rzDNea}@kRZ+N|9fI?mEkJmIiqPoxui)6<",
    "=QlEg+ABfr*hH9G$#Ctk$8*zyggX6Od1WQ<IBQOPmvPQ;QP8(GHGR1|~m9B4A|z2RcI#)Z+$Fy~a>l4nzY0PCApt",
)
"""Red, lime / blue, yellow; EXIF with a camera and a place."""
TURNED = _unpacked(
    "c-",
    "muNV30{GsVvAy%}izhg51nBLl8SRGck>UfpKAOYDppk1Sn>t<P<^K3<a6VB@Af5Br_);Y>0~k0}}%yh{bpmLIXiNPz",
    "(r|eBdG~Kx~njnU@CUfn-I2oK&zfpqh-bWJ3ldK}L`g*NRNAa=wDhl3WI;N`?oS1w{ow`aotuaz2o*0P1ySWCjUM04",
    "tLF!0_kqj~@&S{LBeJ9TE<VJdFSUgA_1>R4{{(+%6`EM4+U$6C)#<%mRZ()@iRiHP_`aN%3%igie464u>S5dUhAagG",
    "C#Z9DvpcC+FuB<t67-",
    "0EKxO*cyOBBALYnsZb9m05M3JKtX0jCP;vpg9B(917~JYehJVf28qmqTv%{3GBC0>GBLBX0@+fTMX6~}alYh~;$(36",
    "f_%O?Hzg4i5zQKm>xCPhtthzs|DW2F`oC7s+h0DJwMygY-?qp9H~g&s%-",
    "|x&ACwgp%iR6+o5DvAKPPYh|JNmq>|50L{}xI#j+-d|MJeXS>ps&*0h~(~@I<9{iYd*GVcp=-<9^M4-",
    "GvM0ti0>aFE|tQU^A<RRC(wBCdDcDF21OLS1Ix<&|PPF&e9-npflJY@#E{upatY{FfcL-fr1d|R5pm~0fa)2vj",
)
"""The same, to be turned by 90 degrees clockwise (irot)."""
SEVERAL = _unpacked(
    "c-",
    "muNV30{GsVvAy%}izhg51nBLl8SRGck>Ufw3hwwIq=N0u(b+a*CjAhJwuG5(YG2l9`haHpIn&fr)_;#9~|lp@BdWC<",
    "YQa2p4GwVvEeoyfiQmBr6K!q(YQ2Fl3Y^8#15>G9d){3NlM_;ri}o78Df#>Ft>X$@xIK0;tTHkr^a30jx;w1H+%cKY",
    "lPU@G~a>&6aRr<YD~(AEba8q=FfQ<aRMRBmyP1ofsL>WEL1SvQB&DskttXNs5O9By<8qa5y9Z)w8=W9xU3R<N&lrI5",
    "|J3C@(pu0w~POz}5g163HwsNQHVh0f<4$1PU@MGC=~&92^`V*JT#u!a^Asa4d~X%q$E{5Q>3eMQ%zWD6B;_7}pCoJU",
    "fvQ{7QaT>isE+3yPYAK~^+FBvuq${{K&HO8sA}=j|__%vz;!^l#ha{~LbRe`auz;}6P;ie>J8`c2`Zho6(T|NrX}M)",
    "oc0`+o~18plnP|DqIg<8`0uqX5n&3wWYZJH?b{$FOej=yAVhzwW{Xb5`DU=NFs_da#*QL#n*<f0N>rdlz5SzpE7a73",
    "i+BJZEW;HvsMNk{J",
)
"""A white picture, and the coloured one, which is the main one."""
TEN_BIT = _unpacked(
    "c-",
    "muNV30{GsVvAy&8%Pmg51nBLl8SRGck>UfiXBYwIq=N0u(b+a*CjAhJwuG5(YG&l$n#C3}U!AFfalk5HOZQXdsvb#L",
    "AhOd1+uCNK_QaNo9iaGRl$-K}^1a%#vKVlFOL|MFl{5OJ+fGK9DX2DsyIJ;Q%t{?f@y0`@rz$@2_7B4E)RqKpo-",
    "^j6970|AQ1TgH<pCmF!}2NCe7hIx#Y$N-QvFWVxBQWYVl>4-",
    "^+1XkcLAX#h#IBmq^kyD%Os+MwhBv_m*KKc^@!Ii~_B%*((ARKp;WSzM3`^;iNBgOmvrWL9K?1em$FxPX*+W<f42?0",
    "~_+(#XWj0%Xq0O-",
    "Td=U7rTydf|qr!S>f@y=M4kZv3e==KSZ1)9mp<On3J4+)RrKO`cTzr!(w{>lNY0=O4cOe);HUukQV6dsa*_C~5iSyM",
    "B+<p3a;5ghdT4W7fPoXVPmO+;}opQ#waK?bh3$%XyOi>ZM)g<B-",
    "cuy?f?XigQAl9PjA|_OHB8`vz+&+lh)XrycF<{=al}tJpH%zw?U$j0%mq",
)
"""Ten bits: red grows to the right, green downwards."""
TRANSPARENT = _unpacked(
    "c-",
    "muNV30{GsVvAy%}izhg51nBLl8SRGck>Ufyp&DwIq=N0u(b+a*CjAhJwuG5(YG2l9`haHpIn&fr)_;#A3>X&_K`*6a",
    "$HTfQyI#u|;NPUK*GOk`)DVQo+iAYBI`_4H-",
    "}bnGk|}1(_we3{aJfEtv&H1wcA3vmiMiC{_Vf=FG?p6k?bFRwVa<;m_Y6KNuMJnG=9IBpeud82|qVDPRVvU<M(%T}%",
    "#%KuK*UMn*K51qO|*(_VRMuFGSR;^6=Zod6LW4oN`u>@JK4i#8}Z0Id;D&d({zOU|hP3iC3sHGn*sSzM3`^>6|ZgOm",
    "vrWL9K?1eiHEfTl4Nft||&V$S~obM7C6bHyRfWdYj^QUP=o%(ZGj*P==sIK(0ry;5b_&J7Ac0cH@vpor#BK9~y_L6)",
    "i~mR2}}c%?;oR=EYK=~fx3Wyw}X28O0qK&i|WD{z?0WftVZ5(6-",
    "PSsIy`Ss0jDTAA6}fg)0wMX6~}Sw5hy9B>){#r5LcltfTsY1Uv|FWm5KMZx9&|J0_`|FwGF{_@GJRT@YCwmts8;b;A",
    "41{XR0psc7^=I*E86h3<RIeGj4zb;{9-=e<%w@{*S+(h{=N-",
    ";NH_nAHl;9RnRCn~j5Olfuu>jsY=_iOg+E?h8Y<z07v!I_{3n^`ra$~*rzDNea}@kRZ+N|9fI?mEkJmIir)LSKV%o%",
    "-P~n*aabExcKu@nQo236{D4",
)
"""The coloured one, with nothing to be seen of it."""
LARGE = _unpacked(
    "c-rmQJ!lhQ9LMqhbJv=~R-00zp#*H&r5O|}Iu-",
    "G#p&&X~2#R1a$>qX5kW0=Oq`nlQRD7X>ph$HP(WO({!9fCrI_W4l2@bx1Ls6((2Sa==iQ@kX#lc1VUBBd>d-",
    "5dZJ|yLOL=?+cE_#kFEmE5+^CSM)m6<$|IPKb%47IknlPi?lWAda`p};mM3#I0pBux_PM{Q!dwI`aC>S0LAV!nCk&q",
    "maNt+kJw3)YA~-0sPW`)kQt>6JaTuSw4;sr_ZO?1<3)sXNU@%WL$#zP?V>qo>s?qNeB;jfTHK_gCnC%Qel+s3-",
    "T12@!baF?}#7W#3;tnph}m{oRH?`^tYX%&dAzC@Ef)m$Ih%O?_6WP%c`9DK))~wp7*B4td_QTc;NrQ0Eg>gRm#3{8J",
    "^}Fx0!zF6p^H1r<uiRZZ_u8t2?xMgdOR!(y>dn}3kX?upz^ew>KTjt_-zCI@?snX&j^8&p5fdv6-",
    "`GZSZ5PcGIEFFbox%8fq!@^!BFm^4W{K>7^DR@x~4b-",
    "9(NTEZPB8n4nl>O29HcE;RYqL&of2aDg+pWFb#hPoUmZ0JxL3c+^22SOmN1_NGr2@1S}_)`+-",
    "60TkYeXBx&B|ZUxrSAj+t1|@zR_GlNSY2~KVD+p4ffacT1Xe$;-",
    "g$9cyz>&c3BcQrPY7>x00^uk{@vvr2MF(!2?SOepAen{5MBvi8D0e-",
    "JltgtGz}2mHQaUQT?Yt2HtiNb0J3Sb009U<00Izz00bZa0SG_<0uX=z1Rwwb2pj+c5P$##AOHafKmY;|fB*y_009U<",
    "0D=Gl5P$##AOHafKmY;|fc$G9&#wRlp+9S@^8=fmBKr",
)
"""7200x5400 pixels of teal."""
TOO_LARGE = _unpacked(
    "c-",
    "rmRPe_wt9KiA4`@Wisv@#1Tgv>}3!W>4I4vi9{e~=bZ5Zas@KC#!mt`$Z^21Xqsf+WO42wm!;9)iFSszY_CQ>PArCn",
    "+iDxP!x<*I5S-(GT(x-",
    "*;d3KJT+<8~d=0{SlFxRPJifmoy2nn{QIlaO|6SO2j$mCv$NrZae#W)7j;*1SXM_6<eK2XO?cHH71Td+0D6L+=~o!+",
    "Ou88^rw~%!`UtNAn7h2^<7Cs!{PeC<ow@DKA9jJ*!{E#5*fR{W|tjyym0FN(xRCkvQWt9MK*XB>@~K=oN{MzF<jt<E",
    "4;9oX*U+P7d9PooE4Xh%R)rDZatho+BnhgZZD67v+u&QNUX<RrL5I?m7VH|*?X!=WYXFGM0(IpSIC+nJGI$d3X;W#x",
    "5FM+kK4h<zzmvj#*0Mktx2^B{9l3=rR1jTl~|1~zc+3H2Ra&@$tpKLc4p4sKX$VIbmPdIM0E6hs%6{V;-",
    "G5n@auT<=!yD&G^m|>5`0`NoNw=*@0=_goOt#q(|cg-",
    "+xOAR<0dBVKJkX7=H;>v{UPVYW4F<75NR8d5h*<d$=|kn_JPP-DQm_;(}pj%VbB+yMM3}ORtbW-dqW^7TbD;c*|8W3",
    "%I0}tDs$^V&{eVr1YMD{An2;N1A?yV00doid|gu3QVW8vBYcEa*3D0{$}aO9Q#Qi4BxTPLQ}!7#T}~+mI<UPM=)l@B",
    "(1G2+KnL~|10C2040K>$G0=e(Fi^!GB3iH}40K>^80f${FaT^-",
    "!MZR2Y*oQ7VgMLmfB^;=0R|XgfB^;=V1NMz7+`=AV1NMz7+?e#V1NMz7+?e#V1NMz7y$+tV1NMz7y$+tV1NNefB^;=",
    "V1NNefB^;=V1N-|{}I@xsh>H<CDH",
)
"""8064x6048 pixels of teal."""
GREY = _unpacked(
    "c-",
    "muNV30{GsVvAy&8%Pmg51nBLl8SRGck>UfzdBFwIq=N0u(b+a*CjAhJwuG5(YG&l$n#C3}U!AFfalk5HJ=&Xdq|?V&",
    "%-",
    "tyfiQmBq|Ezq%uKy8D+_aASPcyW=Sqw$+^seq5>ejKC>V>A4nGgl{quAZ~&R}e}ELpePH<W=Le9<&zu0%A@0D)!}$L",
    "{NC7ig1v5~|E+&UWpq!c$BO|KBfkP}}(JNJ!?cAUM6krAs42nrWrR*+@2a7f+IRGsXPR`FM%1h3v01ERmur&aML^6v",
    "DQlY*|0AdG-vnw*et_HbHJhLDd7Hq(fU}<DxW&tw0b5jyQp;oWKxK91>7tR0w*UQS8?3P!qWVAnWVx8R%eg7HdJW31",
    "RO4MJMjEwp>$KEpSXI%8(t$wVsKTH0dQ+{_<r2d~}n9#+eNqR4Ao<^AW>@=S>?{-",
    "RkB9Gv&nhS<ZrK|2*R~1i<KKfAQaOL^uuO3+Gt1puOEXUWEX<+WC+UxXf#>@5t0IfBEO#",
)
"""The coloured one in shades of grey."""
GREY_TEN_BIT = _unpacked(
    "c-",
    "muNV30{GsVvAy&8%Pmg51nBLl8SRGck>UfzdxVwIq=N0u(b+a*CjAhJwuG5(YG&l$n#C3}U!AFfalk5HJ=)Xdti#V&",
    "%-",
    "tyfiQmBq|Ezq%uKy8D+_aASPcyW=Sqw$@$EJq5>ejA+sPkA4nGil{quAZ~&Qee}ELpePH<W=hrU=27cxQpbl{dMjpo",
    "h|3M0v!77-6N_H_hBm(8sofsKWB@P^75l-DT$t!y{6G*@aL@)^?0oAg*Fdi)0pyU9wK{z=-",
    "rzkHurvfO<%fQwE6cWiSE=YxXD*=cdAnvZn1Us7xNQh?^<if%Y7!)jxOw24mrgLseA}H9*H5k_kA6Q|TH*djSrJq3t",
    "down~d$*tOvpZCJIm&Gj$BDoD>dx-}e{s3O?#zp;rf(LXR>AfD*#8CqVcuVv",
)
"""Ten bits of grey, that grows lighter to the right."""
