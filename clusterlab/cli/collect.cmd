@echo off
rem Saves what cluster.exe shows of this cluster. Run it on a node, then send the folder it makes.
rem It only looks: nothing is changed and nothing is installed.
md cluster-listings
cluster /version > cluster-listings\version.txt
cluster /prop > cluster-listings\cluster-prop.txt
cluster /priv > cluster-listings\cluster-priv.txt
cluster /quorum > cluster-listings\quorum.txt
cluster node > cluster-listings\node.txt
cluster node /prop > cluster-listings\node-prop.txt
cluster group > cluster-listings\group.txt
cluster group /prop > cluster-listings\group-prop.txt
cluster resource > cluster-listings\resource.txt
cluster resource /prop > cluster-listings\resource-prop.txt
cluster resource /priv > cluster-listings\resource-priv.txt
cluster network > cluster-listings\network.txt
cluster network /prop > cluster-listings\network-prop.txt
cluster netint > cluster-listings\netint.txt
cluster netint /prop > cluster-listings\netint-prop.txt
