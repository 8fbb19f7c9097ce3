module padapter/pipeline/engine/temporal/devserver

go 1.26.5

require (
	go.temporal.io/sdk v1.50.0 // indirect
	go.temporal.io/server v1.31.0 // indirect
)
